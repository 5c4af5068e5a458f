"""The forms that ids of the union have, in addresses, forms and bodies."""

from typing import Annotated

from pydantic import StringConstraints

ClusterId = Annotated[str, StringConstraints(pattern=r"^c-[0-9a-f]{24}$")]
ContributionId = Annotated[str, StringConstraints(pattern=r"^b-[0-9a-f]{24}$")]
QuestionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}-[0-9a-f]{24}$")]
DeedId = Annotated[str, StringConstraints(pattern=r"^p-[0-9a-f]{24}$")]
