"""For tests of the project and of programs that use it: an event loop on virtual time, a sender and an endpoint that play scripts."""
