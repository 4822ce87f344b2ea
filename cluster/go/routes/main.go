// Routes keeps, on every node, a route to the pods of each other node.
// It replaces the network daemon of kind's own node image, which no package registry holds.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

const (
	account = "/var/run/secrets/kubernetes.io/serviceaccount/"
	period  = 2 * time.Second
)

type node struct {
	Metadata struct{ Name string }
	Spec     struct{ PodCIDR string }
	Status   struct {
		Addresses []struct{ Type, Address string }
	}
}

func (n node) address() string {
	for _, a := range n.Status.Addresses {
		if a.Type == "InternalIP" {
			return a.Address
		}
	}
	return ""
}

func main() {
	log.SetFlags(0)
	client, err := trusting(account + "ca.crt")
	if err != nil {
		log.Fatal(err)
	}
	for ; ; time.Sleep(period) {
		if err := keep(client, os.Getenv("NODE_NAME")); err != nil {
			log.Print(err)
		}
	}
}

// trusting makes a client that opens a connection per request: one that was opened before kube-proxy
// had a rule for the API server's address would lead outside the cluster for as long as it lives.
func trusting(file string) (*http.Client, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: authorities},
	}
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}, nil
}

func keep(client *http.Client, self string) error {
	nodes, err := list(client)
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	for _, n := range nodes {
		if n.Metadata.Name == self || n.Spec.PodCIDR == "" || n.address() == "" {
			continue
		}
		if err := finished(exec.Command("ip", "route", "replace", n.Spec.PodCIDR, "via", n.address())); err != nil {
			return err
		}
	}
	return nil
}

func list(client *http.Client) ([]node, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	server := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+server+"/api/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", answer.Status)
	}
	var found struct{ Items []node }
	return found.Items, json.NewDecoder(answer.Body).Decode(&found)
}

func finished(command *exec.Cmd) error {
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", command.Args, err, bytes.TrimSpace(out))
	}
	return nil
}
