// SPDX-License-Identifier: Apache-2.0
// Copyright the leat authors

// A server that speaks MongoDB's protocol, for the tests: FerretDB over SQLite
// files, on 127.0.0.1. It prints its port, and a newline, once it takes
// connections, and ends on SIGTERM with status 0.
//
//	ferretdb --folder DATA [--port N] [--tls-certificate FILE --tls-key FILE]
//
// With a certificate it speaks TLS only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

type options struct {
	folder, certificate, key string
	port                     int
}

func readOptions() (*options, error) {
	o := new(options)
	flag.StringVar(&o.folder, "folder", "", "where the data is kept")
	flag.IntVar(&o.port, "port", 0, "port on 127.0.0.1; 0: a free one")
	flag.StringVar(&o.certificate, "tls-certificate", "", "PEM file; then all connections use TLS")
	flag.StringVar(&o.key, "tls-key", "", "PEM file")
	flag.Parse()
	if o.folder == "" || flag.NArg() > 0 {
		return nil, errors.New("usage: ferretdb --folder DATA [--port N] [--tls-certificate FILE --tls-key FILE]")
	}
	return o, nil
}

// FerretDB takes the folder as a URI that ends in a slash.
func folderURI(folder string) (string, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if err = os.MkdirAll(absolute, 0o700); err != nil {
		return "", err
	}
	// Never synced to disk, as the other servers of the tests are: each document that is updated would else wait for it.
	u := url.URL{Scheme: "file", Path: absolute + "/", RawQuery: "_pragma=synchronous(off)"}
	return u.String(), nil
}

func newServer(o *options) (*ferretdb.FerretDB, error) {
	uri, err := folderURI(o.folder)
	if err != nil {
		return nil, err
	}
	config := &ferretdb.Config{
		// Errors alone: what is below them may show documents.
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: uri,
	}
	address := fmt.Sprintf("127.0.0.1:%d", o.port)
	if o.certificate != "" {
		config.Listener = ferretdb.ListenerConfig{TLS: address, TLSCertFile: o.certificate, TLSKeyFile: o.key}
	} else {
		config.Listener = ferretdb.ListenerConfig{TCP: address}
	}
	return ferretdb.New(config)
}

func serve() error {
	o, err := readOptions()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server, err := newServer(o)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	u, err := url.Parse(server.MongoDBURI())
	if err != nil {
		return err
	}
	fmt.Println(u.Port())
	return <-ended
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}
