"""Birthday-paradox theory and experiments; see `pigeonhole.birthday.theory`."""
