"""Records for tests, written field by field: `made("245 10 $aTitle$bRest", "020 $a...")`."""

import pymarc


def made(*lines: str, leader: str = "00000nam a2200000 a 4500") -> pymarc.Record:
    record = pymarc.Record(force_utf8=True, leader=leader)
    for line in lines:
        record.add_field(_field(line))
    return record


def _field(line: str) -> pymarc.Field:
    head, sign, rest = line.partition("$")
    tag = head[:3]
    if not sign:
        return pymarc.Field(tag, data=line[4:])
    indicators = pymarc.Indicators(*head[4:6].ljust(2))
    return pymarc.Field(tag, indicators, [pymarc.Subfield(part[0], part[1:]) for part in rest.split("$")])
