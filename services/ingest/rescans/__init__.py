"""Documents whose scans must be made again, as ocr asks; whoever shows documents or takes new scans may enter."""
