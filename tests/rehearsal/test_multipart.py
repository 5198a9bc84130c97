"""The form of a new call, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.rehearsal.multipart import BadForm, boundary_of, fields_of

HEAD = b'--B\r\nContent-Disposition: form-data; name="sdp"\r\nContent-Type: application/sdp\r\n\r\n'


@given(sdp=st.binary().filter(lambda value: b"\r\n--B" not in b"\r\n" + value), session=st.just(b"{}"))
def test_fields_come_out_as_they_went_in(sdp, session):
    body = (
        HEAD + sdp + b'\r\n--B\r\nContent-Disposition: form-data; name="session"\r\n\r\n' + session + b"\r\n--B--\r\n"
    )
    assert fields_of(body, b"B") == {"sdp": sdp, "session": session}


@pytest.mark.parametrize("header", ["multipart/form-data; boundary=B", 'Multipart/Form-Data; charset=x; boundary="B"'])
def test_boundary_is_read_from_the_header(header):
    assert boundary_of(header) == b"B"


@pytest.mark.parametrize("header", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=B"])
def test_header_of_another_kind_is_refused(header):
    with pytest.raises(BadForm):
        boundary_of(header)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=0\r\n",
        HEAD + b"v=0",
        HEAD + b"v=0\r\n--B",
        b"--B\r\nContent-Type: x\r\n\r\nvalue\r\n--B--",
        b'--B\r\nContent-Disposition: form-data; name="sdp"\r\n--B--',
        HEAD + b"1\r\n" + HEAD + b"2\r\n--B--",
    ],
)
def test_broken_form_is_refused(body):
    with pytest.raises(BadForm):
        fields_of(body, b"B")


@given(st.binary())
def test_any_bytes_are_a_form_or_a_bad_one(body):
    try:
        fields_of(body, b"B")
    except BadForm:
        return
