"""Which words can be what somebody wrote, in Vietnamese, French or English; pure rules, every room of ocr may enter."""
