"""Image quality: what is wrong with a scan, page by page and over the document, and which pages were scanned twice.

It lives where pages are decoded anyway, so that no page is decoded a second time; reading and gathering may enter.
"""
