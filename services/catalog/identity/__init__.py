"""What a description says about which edition it is, in forms that can be compared; pure, any room may enter."""

from services.catalog.identity.describing import describe
from services.catalog.identity.description import Description, Form, Kind, Level, Name, Part, Row

__all__ = ["Description", "Form", "Kind", "Level", "Name", "Part", "Row", "describe"]
