"""Packages of scanning firms, BagIt or METS, opened, checked whole and handed on as documents."""
