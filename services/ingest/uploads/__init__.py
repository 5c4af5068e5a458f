"""Resumable uploads by the tus protocol 1.0, kept until a document or a package takes them."""
