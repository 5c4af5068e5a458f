"""ISBN, as standard numbers of books are checked wherever the catalog meets them."""

import re

from stdnum import ean, isbn

_ISBN_13 = re.compile(r"97[89]\d{10}")


def is_isbn(number: str) -> bool:
    """Whether it is valid, with 10 or 13 digits: as python-stdnum says, which first cleans what mostly is clean."""
    if _ISBN_13.fullmatch(number):
        return number[-1] == ean.calc_check_digit(number[:-1])
    return bool(isbn.is_valid(number))
