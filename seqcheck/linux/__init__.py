"""What Linux offers for capturing and sending: packet sockets and their rings, filters, interfaces, privileges.

System calls and nothing else: no frame is parsed here and NumPy is not needed, so all of it can be done, and every
privilege given up, before the first byte of traffic is read. Constants are those of linux/if_packet.h and related
headers, if Python has no name for them. Other systems capture with `interfaces/sniffer.py`.
"""
