Bej
locationw.binj
offset4p