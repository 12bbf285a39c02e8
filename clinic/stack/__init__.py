"""`manage.py up`: the clinic's servers as children of one runner.

`runner` starts, watches and stops them; `child` is one of them; `leash` makes a child end with its parent; `postgres`,
`valkey` and `mail` are the servers that the runner brings along where no URL names another; `prepare` is what happens
to the database and the static files before the clinic opens; `assets` fetches the front-end files.
"""
