ORC
not read