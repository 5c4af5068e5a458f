"""The demonstration: the whole story of the platform, told through its front doors."""
