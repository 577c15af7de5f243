# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What a request ends in when it is refused."""


class Refusal(Exception):
    """An error reply: its type as AWS names it, its text, its HTTP status."""

    def __init__(self, type_, message="", status=400):
        super().__init__(type_)
        self.type, self.message, self.status = type_, message, status


def invalid(message):
    return Refusal("InvalidParameterException", message)


def absent(message):
    return Refusal("ResourceNotFoundException", message)


def no_user():
    return Refusal("UserNotFoundException", "User does not exist.")


def not_now(message):
    return Refusal("PreconditionNotMetException", message)


def throttled(type_="TooManyRequestsException"):
    return Refusal(type_, "Rate exceeded" if type_.startswith("Thr") else "Too many requests")


def internal(status=500):
    return Refusal("InternalErrorException", "Something went wrong", status)
