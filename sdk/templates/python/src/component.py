"""What is built: the plugin as the host calls it."""

from caponier_sdk.component import guard

from plugin import MyPlugin

Guard = guard(MyPlugin)
