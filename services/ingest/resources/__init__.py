"""Digital resources elsewhere: open ones with their licence, licensed ones with who may use them and until when."""
