module halab.local/node

go 1.26.0
