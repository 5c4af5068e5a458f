"""What must not be public: concerns about a document's content, and persons' judgements; routes and steps may enter."""
