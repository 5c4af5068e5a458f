"""What services say to each other: event contracts, topics and their examples."""

from shared.events.circulation import (
    LoanLost,
    LoanMade,
    LoanOverdue,
    LoanRenewed,
    LoanReturned,
    UseCounted,
    VisitCounted,
)
from shared.events.clusters import (
    ClusterChanged,
    ClusterMerged,
    ClusterPinned,
    ClusterSplit,
    RecordContributed,
    RecordRetired,
)
from shared.events.delivery import MessageDeadLettered, OutboxMarked
from shared.events.documents import (
    DocumentContentJudged,
    DocumentGathered,
    DocumentHoldsChanged,
    DocumentRearranged,
    DocumentRecognised,
    DocumentRecognitionFailed,
    DocumentRejected,
    DocumentRescanRequested,
    DocumentRescanWithdrawn,
    DocumentRestored,
    DocumentScanned,
    DocumentSuperseded,
    DocumentTextCorrected,
    DocumentVerdictChanged,
)
from shared.events.envelope import Contracts, Event, EventData, Malformed, NewerVersion, UnknownType, encode
from shared.events.libraries import LibraryChanged
from shared.events.notices import NoticeFailed, NoticeSent
from shared.events.pages import PageRead, PageReadingFailed, PageReadingRequested
from shared.events.patrons import PatronChanged
from shared.events.records import (
    RecordAppraised,
    RecordChanged,
    RecordDrafted,
    RecordPublished,
    RecordReviewed,
    RecordWithdrawn,
)

CONTRACTS = Contracts(
    [
        DocumentScanned,
        DocumentRejected,
        DocumentVerdictChanged,
        DocumentContentJudged,
        DocumentHoldsChanged,
        DocumentRecognised,
        DocumentRecognitionFailed,
        DocumentTextCorrected,
        DocumentRearranged,
        DocumentRestored,
        DocumentRescanRequested,
        DocumentRescanWithdrawn,
        DocumentSuperseded,
        DocumentGathered,
        PageReadingRequested,
        PageRead,
        PageReadingFailed,
        RecordDrafted,
        RecordReviewed,
        RecordAppraised,
        RecordPublished,
        RecordWithdrawn,
        RecordChanged,
        RecordContributed,
        RecordRetired,
        ClusterMerged,
        ClusterSplit,
        ClusterPinned,
        ClusterChanged,
        LoanMade,
        LoanRenewed,
        LoanReturned,
        LoanOverdue,
        LoanLost,
        VisitCounted,
        UseCounted,
        LibraryChanged,
        PatronChanged,
        NoticeSent,
        NoticeFailed,
        OutboxMarked,
        MessageDeadLettered,
    ]
)

__all__ = ["CONTRACTS", "Contracts", "Event", "EventData", "Malformed", "NewerVersion", "UnknownType", "encode"]
