"""What search knows of a cluster: its public view, flat."""

import unicodedata
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, NonNegativeInt

Text = Annotated[str, AfterValidator(partial(unicodedata.normalize, "NFC"))]
Texts = tuple[Text, ...]


class Holder(BaseModel):
    """A library that describes the edition; `items` is how many pieces its records name."""

    model_config = ConfigDict(frozen=True)

    library: str
    records: NonNegativeInt = 1
    items: NonNegativeInt = 0


class Copy(BaseModel):
    """A published digitised document of the edition."""

    model_config = ConfigDict(frozen=True)

    record: str
    library: str
    library_name: Text
    access_level: str
    collection_class: str
    pages: NonNegativeInt = 0
    readable: bool = False
    """Whether anyone may read its text and see its pages."""


class Description(BaseModel):
    """The part of a cluster that a hit shows. `parts` designate its volume, as "2"; `language` is ISO 639-1, else
    639-2; `classes` are Dewey numbers.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    parts: Texts = ()
    creators: Texts = ()
    subjects: Texts = ()
    edition: Text | None = None
    publishers: Texts = ()
    year: int | None = None
    extent: Text | None = None
    form: str = "text"
    language: str | None = None
    isbns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    libraries: tuple[Holder, ...] = ()
    digitised: tuple[Copy, ...] = ()
    added_at: AwareDatetime


class SearchEntry(Description):
    """One cluster as search takes it in. `version` is the cluster's own: an older one never replaces a newer one.

    `also` holds words that find it and are not shown: places, series, other titles and numbers. `text` is what anyone
    may read of its digitised documents.
    """

    version: NonNegativeInt
    title: Text
    summary: Text = ""
    series: Texts = ()
    issns: tuple[str, ...] = ()
    also: Texts = ()
    text: Text = ""
