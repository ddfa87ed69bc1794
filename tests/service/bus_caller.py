# SPDX-License-Identifier: LGPL-2.1-or-later
"""A connection to the system bus that sends calls without waiting for each, for scenarios that play several callers at once."""
import ctypes
import os
import select

LIMIT = 600  # seconds
NOBODY = 65534
MANAGER = ("/org/example/Vmi1", "org.example.Vmi1.Manager")

sd_bus = ctypes.CDLL("libsystemd.so.0", use_errno=True)
sd_bus.sd_bus_message_get_member.restype = ctypes.c_char_p


class Error(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("message", ctypes.c_char_p), ("need_free", ctypes.c_int)]


sd_bus.sd_bus_message_get_error.restype = ctypes.POINTER(Error)


def check(result):
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def append(message, kind, value):
    """VALUE as an argument of the type KIND: "s", "b", "t", "u", "v" (a pair of type and value), or an array of those or of pairs."""
    if kind in "bu":
        check(sd_bus.sd_bus_message_append_basic(message, ctypes.c_char(kind.encode()), ctypes.byref(ctypes.c_uint32(value))))
    elif kind == "t":
        check(sd_bus.sd_bus_message_append_basic(message, ctypes.c_char(b"t"), ctypes.byref(ctypes.c_uint64(value))))
    elif kind == "s":
        check(sd_bus.sd_bus_message_append_basic(message, ctypes.c_char(b"s"), value.encode()))
    else:
        contents = value[0] if kind == "v" else kind.strip("{}")
        if kind[0] == "a":
            check(sd_bus.sd_bus_message_open_container(message, ctypes.c_char(b"a"), kind[1:].encode()))
            for element in value:
                append(message, kind[1:], element)
        else:
            check(sd_bus.sd_bus_message_open_container(message, ctypes.c_char(b"v" if kind == "v" else b"e"),
                                                       contents.encode()))
            for member, part in [(contents, value[1])] if kind == "v" else zip(contents, value):
                append(message, member, part)
        check(sd_bus.sd_bus_message_close_container(message))


class Caller:
    """Answers are (error's name or "", its text), by the number that send() gave."""

    def __init__(self, uid=NOBODY):
        self.bus = ctypes.c_void_p()
        self.answers = {}
        os.seteuid(uid)  # the bus asks the kernel who connects
        try:
            check(sd_bus.sd_bus_open_system(ctypes.byref(self.bus)))
            name = ctypes.c_char_p()
            check(sd_bus.sd_bus_get_unique_name(self.bus, ctypes.byref(name)))
            self.name = name.value.decode()
        finally:
            os.seteuid(0)

    def send(self, path, interface, member, *strings, options=True, interactive=False, arguments=(),
             destination="org.example.Vmi1"):
        """With STRINGS as arguments, and an empty dictionary of options behind them; or with ARGUMENTS, pairs of type and value."""
        message, cookie = ctypes.c_void_p(), ctypes.c_uint64()
        check(sd_bus.sd_bus_message_new_method_call(self.bus, ctypes.byref(message), destination.encode(), path.encode(),
                                                    interface.encode(), member.encode()))
        for string in strings:
            check(sd_bus.sd_bus_message_append_basic(message, ctypes.c_char(b"s"), string.encode()))
        for kind, value in arguments:
            append(message, kind, value)
        if options and not arguments:
            check(sd_bus.sd_bus_message_append(message, b"a{sv}", ctypes.c_uint(0)))
        if interactive:
            check(sd_bus.sd_bus_message_set_allow_interactive_authorization(message, 1))
        check(sd_bus.sd_bus_send(self.bus, message, ctypes.byref(cookie)))
        sd_bus.sd_bus_message_unref(message)
        check(sd_bus.sd_bus_flush(self.bus))
        return cookie.value

    def fileno(self):
        return sd_bus.sd_bus_get_fd(self.bus)

    def process(self):
        """Takes what has arrived. Whether there was something."""
        message, cookie = ctypes.c_void_p(), ctypes.c_uint64()
        if check(sd_bus.sd_bus_process(self.bus, ctypes.byref(message))) == 0:
            return False
        if message and sd_bus.sd_bus_message_get_reply_cookie(message, ctypes.byref(cookie)) >= 0:
            error = sd_bus.sd_bus_message_get_error(message)
            self.answers[cookie.value] = (error[0].name.decode(), error[0].message.decode()) if error else ("", "")
        if message:
            sd_bus.sd_bus_message_unref(message)
        return True

    def until(self, condition, what):
        while not condition():
            if not self.process():
                assert select.select([self], [], [], LIMIT)[0], f"not within {LIMIT} s: {what}"

    def answer(self, cookie):
        self.until(lambda: cookie in self.answers, "an answer")
        return self.answers[cookie]

    def meet(self):
        """Until vmid has seen all that was sent before, on this and on other connections: what it answers to everybody comes behind."""
        return self.answer(self.send(*MANAGER, "List", "", "", "", options=False))

    def leave(self):
        """Closes the connection."""
        sd_bus.sd_bus_close(self.bus)
        sd_bus.sd_bus_unref(self.bus)
