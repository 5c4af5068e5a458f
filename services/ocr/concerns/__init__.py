"""Content that must not be public: rules over read pages, judgements, destruction; whoever keeps pages may enter."""
