"""Donors' deposits and their signed terms: what came as a gift (hiến tặng) or is held in trust (ký gửi)."""
