// A TURN server made of the pion/turn library, for measuring it beside ours: pion ADDRESS SECRET LISTENERS.
//
// It is what the library's own example for several cores is: one listener for each, on the same port, and everything
// else at its defaults. Credentials are the time-limited ones that all servers under measurement take.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/pion/turn/v5"
	"golang.org/x/sys/unix"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(arguments []string) error {
	if len(arguments) != 3 {
		return fmt.Errorf("usage: pion ADDRESS SECRET LISTENERS, not %d arguments", len(arguments))
	}
	address, secret := arguments[0], arguments[1]
	listeners, err := strconv.Atoi(arguments[2])
	if err != nil {
		return fmt.Errorf("the number of listeners: %w", err)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address to listen on: %w", err)
	}
	relayed := &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(host), Address: host}
	sharing := net.ListenConfig{Control: sharePort}
	connections := make([]turn.PacketConnConfig, listeners)
	for nth := range connections {
		connection, err := sharing.ListenPacket(context.Background(), "udp", address)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", address, err)
		}
		connections[nth] = turn.PacketConnConfig{PacketConn: connection, RelayAddressGenerator: relayed}
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:             "bench.example",
		AuthHandler:       turn.LongTermTURNRESTAuthHandler(secret, nil),
		PacketConnConfigs: connections,
	})
	if err != nil {
		return fmt.Errorf("cannot serve: %w", err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	return server.Close()
}

// Lets the kernel spread clients over several sockets.
func sharePort(_, _ string, connection syscall.RawConn) error {
	var refused error
	if err := connection.Control(func(descriptor uintptr) {
		refused = unix.SetsockoptInt(int(descriptor), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); err != nil {
		return err
	}
	return refused
}
