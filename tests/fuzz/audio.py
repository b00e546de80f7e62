"""For Schemathesis, which has no audio of its own: any bytes, some of them behind the first ones of a WAV file."""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.media_type("audio/wav", st.binary() | st.binary().map(b"RIFF\xff\xff\xff\xffWAVEfmt ".__add__))
