SELECT set_config('explorer.reader', %(reader)s, true)
