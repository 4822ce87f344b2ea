module squall.dev/node

go 1.24
