"""Bytes to structure and back: pcap, pcapng. No I/O in here."""
