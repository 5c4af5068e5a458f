"""The forms that ids of headings have, in addresses, forms and bodies."""

from typing import Annotated

from pydantic import StringConstraints

AuthorityId = Annotated[str, StringConstraints(pattern=r"^a-[0-9a-f]{24}$")]
MergeId = Annotated[str, StringConstraints(pattern=r"^m-[0-9a-f]{24}$")]
PairId = Annotated[str, StringConstraints(pattern=r"^a-[0-9a-f]{24}\|a-[0-9a-f]{24}$")]
"""Two that look the same."""
