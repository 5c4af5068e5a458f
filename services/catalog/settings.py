"""What only the catalog is told by its environment."""

from pathlib import Path
from tempfile import gettempdir

from pydantic_settings import BaseSettings, SettingsConfigDict


class CatalogSettings(BaseSettings):
    """Variables named CATALOG_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_", extra="ignore")

    index_folder: Path = Path(gettempdir()) / "lienthong-catalog"
    """One for each api process; the search index in it is a cache, made at every start from the newest snapshot."""
    snapshot_seconds: float = 3600
    """How old the newest snapshot of the search index in the object store may become before another is made."""
    public_url: str = "http://127.0.0.1:8103"
    """Where readers reach the pages; stands in what they cite."""
    repository_name: str = "Mục lục liên hợp / Union catalogue"
    """What harvesters and search clients of others call the union."""
    repository_email: str = "admin@localhost.localdomain"
    """Whom they write to."""
    open_data_licence: str = "https://creativecommons.org/publicdomain/zero/1.0/"
    """Under which anyone may use the descriptions of the union: a URI."""
    open_data_days: float = 30
    """How long a dump stays to be fetched; the newest stays always."""
    open_data_hour: int = 2
    """At which hour of the night a dump is made, Vietnam time."""
    open_data_seconds: float = 300
    """How often the timer looks whether it is time."""
    overdue_seconds: float = 60
    """How often the timer looks for loans past their due date."""
    imports_seconds: float = 2
    """How often a waiting import is looked for."""
    import_max_bytes: int = 4_000_000_000
    """Of an uploaded file of records."""
    import_days: float = 90
    """How long such a file stays after its last run, for its faulty records to be fetched."""
    uploads_at_once: int = 2
    """Files that one api process receives, or cuts faulty records out of, at a time: they lie on its disk."""
    exports_at_once: int = 2
    """Whole sector catalogues, or authority files, that one api process writes at a time, beside its searches."""
    harvest_seconds: float = 60
    """How often it is looked which source is due to be harvested."""
    scopes_seconds: float = 5
    """How often it is looked whether a sector catalogue was changed."""
    authorities_seconds: float = 5
    """How often it is looked whether headings changed, or works that may become headings."""
    uses_seconds: float = 60
    """How long views and downloads are gathered before they are announced; a crash loses at most these."""
