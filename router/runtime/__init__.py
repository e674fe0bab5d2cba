"""The run road while it runs: acceptor, dispatcher with its lanes, sender and egress guard, reloader, and what wires them."""
