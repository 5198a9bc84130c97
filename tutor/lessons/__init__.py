"""Sample lessons as lesson packs, free for any use (CC0)."""
