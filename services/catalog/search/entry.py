"""What search knows of a record: its public view, flat."""

import unicodedata
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, NonNegativeInt

Text = Annotated[str, AfterValidator(partial(unicodedata.normalize, "NFC"))]


class Description(BaseModel):
    """The part of a record that a hit shows. `language` is a BCP 47 tag, `thumbnail` a URL, `pages` a count."""

    model_config = ConfigDict(frozen=True)

    id: str
    creators: tuple[Text, ...] = ()
    subjects: tuple[Text, ...] = ()
    library: str
    library_name: Text
    collection_class: str
    year: int | None = None
    language: str | None = None
    published_at: AwareDatetime
    pages: NonNegativeInt = 0
    thumbnail: str | None = None


class SearchEntry(Description):
    """One record as search takes it in. `version` is the record's own: an older one never replaces a newer one."""

    version: NonNegativeInt
    title: Text
    summary: Text = ""
    text: Text = ""
