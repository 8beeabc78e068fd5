//! Pure: packet dissection, tcpdump-style text, pcapng.
