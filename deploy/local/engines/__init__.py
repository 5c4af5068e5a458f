"""The programs under the platform (broker, MongoDB, mail server) as they run on one machine without Docker."""
