"""The one error type of the plugin's side."""


class Error(Exception):
    """Why a plugin refuses its settings, or cannot judge a text.

    The message goes to a person: say what, where, and how to fix it. Never put inspected text in
    it. The host treats an error in ``inspect`` as a fault of the plugin.
    """
