"""What SRU answers to a request that it cannot serve, numbered by its standard list (SRU 1.2, diagnostics)."""

from enum import IntEnum


class Code(IntEnum):
    """The numbers of `info:srw/diagnostic/1`."""

    UNSUPPORTED_OPERATION = 4
    UNSUPPORTED_VERSION = 5
    UNSUPPORTED_PARAMETER_VALUE = 6
    MANDATORY_PARAMETER_NOT_SUPPLIED = 7
    UNSUPPORTED_PARAMETER = 8
    QUERY_SYNTAX_ERROR = 10
    TOO_MANY_CHARACTERS_IN_QUERY = 12
    UNSUPPORTED_CONTEXT_SET = 15
    UNSUPPORTED_INDEX = 16
    UNSUPPORTED_RELATION = 19
    UNSUPPORTED_RELATION_MODIFIER = 20
    UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX = 22
    NON_SPECIAL_CHARACTER_ESCAPED = 26
    EMPTY_TERM_UNSUPPORTED = 27
    MASKING_CHARACTER_NOT_SUPPORTED = 28
    ANCHORING_CHARACTER_NOT_SUPPORTED = 31
    TERM_IN_INVALID_FORMAT = 36
    TOO_MANY_BOOLEAN_OPERATORS = 38
    PROXIMITY_NOT_SUPPORTED = 39
    UNSUPPORTED_BOOLEAN_MODIFIER = 46
    FIRST_RECORD_POSITION_OUT_OF_RANGE = 61
    RECORD_NOT_AVAILABLE = 64
    RECORD_NOT_AVAILABLE_IN_SCHEMA = 67
    UNKNOWN_SCHEMA = 66
    UNSUPPORTED_RECORD_PACKING = 71
    SORT_NOT_SUPPORTED = 80
    TOO_MANY_SORT_KEYS = 84
    UNSUPPORTED_PATH_FOR_SORT = 88
    UNSUPPORTED_DIRECTION = 90
    STYLESHEETS_NOT_SUPPORTED = 110
    RESPONSE_POSITION_OUT_OF_RANGE = 120
    TOO_MANY_TERMS_REQUESTED = 121

    @property
    def uri(self) -> str:
        return f"info:srw/diagnostic/1/{self.value}"

    @property
    def message(self) -> str:
        """The standard's own words."""
        return self.name.replace("_", " ").capitalize()


class Diagnostic(Exception):
    """The request cannot be served; `details` as the standard wants them for the number."""

    def __init__(self, code: Code, details: str = "") -> None:
        super().__init__(f"{code.message}: {details}")
        self.code = code
        self.details = details
