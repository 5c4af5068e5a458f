"""The librarians' work list: what each document waits for, who did what when, corrected texts, documents rearranged.

Enter by HTTP: `/v1/worklist` for programs, `/worklist` for browsers.
"""
