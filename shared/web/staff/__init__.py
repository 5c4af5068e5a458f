"""What pages for staff have in common: frame, sign-in, refusals, look; each service brings pages of its own."""

from shared.web.staff.frame import Frame
from shared.web.staff.pages import StaffPages

__all__ = ["Frame", "StaffPages"]
