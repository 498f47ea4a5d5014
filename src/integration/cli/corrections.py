"""``integration quality corrections``: what is known to be wrong at suppliers for a while."""
