"""The whole platform, driven through its front doors on one stack that these tests share."""
