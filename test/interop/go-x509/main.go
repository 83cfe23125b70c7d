// What crypto/x509 says to the cases that go-x509.test.ts makes: one JSON line in for each, one verdict out.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

type testCase struct {
	Chain    [][]byte  `json:"chain"` // leaf first
	Roots    [][]byte  `json:"roots"`
	At       time.Time `json:"at"`
	Purposes []string  `json:"purposes"` // none: any will do
}

type verdict struct {
	ForPurposes   answer `json:"forPurposes"`
	ForAnyPurpose answer `json:"forAnyPurpose"`
}

type answer struct {
	Refusal string     `json:"refusal"` // empty where the chain is accepted
	Paths   [][][]byte `json:"paths"`   // those that were found, leaf first, root last; not all when there are many
}

const maxPaths = 8

var usages = map[string]x509.ExtKeyUsage{
	"1.3.6.1.5.5.7.3.1": x509.ExtKeyUsageServerAuth,
	"1.3.6.1.5.5.7.3.2": x509.ExtKeyUsageClientAuth,
	"1.3.6.1.5.5.7.3.3": x509.ExtKeyUsageCodeSigning,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for decoder.More() {
		var each testCase
		if err := decoder.Decode(&each); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		both := verdict{ForAnyPurpose: ask(each, keyUsages(nil))}
		both.ForPurposes = both.ForAnyPurpose
		if len(each.Purposes) > 0 {
			both.ForPurposes = ask(each, keyUsages(each.Purposes))
		}
		encoder.Encode(both)
	}
}

func ask(each testCase, keyUsages []x509.ExtKeyUsage) answer {
	chains, err := verify(each, keyUsages)
	if err != nil {
		return answer{Refusal: err.Error()}
	}
	var found answer
	for _, chain := range chains[:min(len(chains), maxPaths)] {
		var path [][]byte
		for _, certificate := range chain {
			path = append(path, certificate.Raw)
		}
		found.Paths = append(found.Paths, path)
	}
	return found
}

func keyUsages(purposes []string) []x509.ExtKeyUsage {
	if len(purposes) == 0 {
		return []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	}
	var found []x509.ExtKeyUsage
	for _, purpose := range purposes {
		found = append(found, usages[purpose])
	}
	return found
}

// As a TLS peer does: every certificate of the chain must be readable; a root that is not vouches for nothing.
func verify(each testCase, keyUsages []x509.ExtKeyUsage) ([][]*x509.Certificate, error) {
	var leaf *x509.Certificate
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for at, der := range each.Chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if at == 0 {
			leaf = certificate
		} else {
			intermediates.AddCert(certificate)
		}
	}
	if leaf == nil {
		return nil, errors.New("no certificates")
	}
	var unreadable error
	for _, der := range each.Roots {
		root, err := x509.ParseCertificate(der)
		if err != nil {
			unreadable = err
			continue
		}
		roots.AddCert(root)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: each.At, KeyUsages: keyUsages,
	})
	if err != nil && unreadable != nil && isRootMissing(err) {
		return nil, unreadable // tells more
	}
	return chains, err
}

func isRootMissing(err error) bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown) || strings.Contains(err.Error(), "signature check attempts limit")
}
