module writ.test/go-x509

go 1.24.0
