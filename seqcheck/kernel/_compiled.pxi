# What this was compiled with, for the test that holds it against border.py.

def row_bytes():
    """The bytes of each kind of row, by its name in border.py."""
    return {
        "INTERFACE": sizeof(Interface), "FIELD": sizeof(Field), "STREAM_KEY": sizeof(StreamKey), "SOURCE": sizeof(Source),
        "EVENT": sizeof(Event), "MISSING_PAGE": sizeof(MissingPage), "HOLE": sizeof(Stretch),
        "STREAM_STATE": sizeof(State),
    }
