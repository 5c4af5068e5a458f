"""What the reader's pages say."""

from pathlib import Path

from shared.web.languages import Language, PageMessages, page_messages


def messages(language: Language) -> PageMessages:
    return page_messages(language, Path(__file__).parent)
