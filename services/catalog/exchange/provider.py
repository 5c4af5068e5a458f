"""Under which name the union is exchanged, and the addresses of what is exchanged."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Provider:
    """Who offers the data. `public_url` without a slash at its end; `licence`: a URI."""

    public_url: str
    name: str
    email: str
    licence: str

    @property
    def host(self) -> str:
        """What names the records of this union in the world; it should never change."""
        return urlsplit(self.public_url).hostname or "localhost"

    def address_of(self, cluster: str) -> str:
        """The stable URI of a cluster."""
        return f"{self.public_url}/clusters/{quote(cluster, safe='')}"
