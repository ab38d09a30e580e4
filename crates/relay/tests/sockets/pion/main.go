// A client made of the pion/turn library: pion udp|tcp|tls SERVER USERNAME PASSWORD PEER COUNT.
//
// It allocates, sends COUNT messages to PEER, which sends each back, and prints "returned COUNT". pion asks for a
// permission before the first message, sends it in an indication, and binds a channel for those that follow.
package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pion/turn/v5"
)

// Longer than anything takes, so that a fault is told rather than waited for.
const patience = 60 * time.Second

func main() {
	if err := call(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func call(arguments []string) error {
	if len(arguments) != 6 {
		return fmt.Errorf("usage: pion udp|tcp|tls SERVER USERNAME PASSWORD PEER COUNT")
	}
	carrier, server, username, password := arguments[0], arguments[1], arguments[2], arguments[3]
	peer, err := net.ResolveUDPAddr("udp", arguments[4])
	if err != nil {
		return fmt.Errorf("the peer's address: %w", err)
	}
	count, err := strconv.Atoi(arguments[5])
	if err != nil {
		return fmt.Errorf("the number of messages: %w", err)
	}
	connection, err := dial(carrier, server)
	if err != nil {
		return fmt.Errorf("cannot reach %s: %w", server, err)
	}
	defer connection.Close()
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: server,
		TURNServerAddr: server,
		Conn:           connection,
		Username:       username,
		Password:       password,
	})
	if err != nil {
		return fmt.Errorf("no client: %w", err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	if _, err := client.SendBindingRequest(); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	relayed, err := client.Allocate()
	if err != nil {
		return fmt.Errorf("allocate: %w", err)
	}
	if err := exchange(relayed, peer, count); err != nil {
		return err
	}
	// Gives the allocation back.
	if err := relayed.Close(); err != nil {
		return fmt.Errorf("cannot close: %w", err)
	}
	fmt.Println("returned", count)
	return nil
}

func dial(carrier, server string) (net.PacketConn, error) {
	switch carrier {
	case "udp":
		return net.ListenPacket("udp", "127.0.0.1:0")
	case "tcp":
		connection, err := net.Dial("tcp", server)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(connection), nil
	case "tls":
		// The certificate is made for each test; who trusts it is tested elsewhere.
		connection, err := tls.Dial("tcp", server, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(connection), nil
	default:
		return nil, fmt.Errorf("there is no carrier %s", carrier)
	}
}

// Sends each message when the one before is back, so that none can be lost for want of room.
func exchange(relayed net.PacketConn, peer net.Addr, count int) error {
	if err := relayed.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	buffer := make([]byte, 2000)
	for nth := range count {
		// Of every length, since what follows a message on a stream depends on it; from 5, because pion looks at
		// nothing on a stream before it has nine bytes, and a shorter message is a frame of eight.
		message := bytes.Repeat([]byte{byte(nth)}, 5+nth)
		if _, err := relayed.WriteTo(message, peer); err != nil {
			return fmt.Errorf("message %d: %w", nth, err)
		}
		length, from, err := relayed.ReadFrom(buffer)
		if err != nil {
			return fmt.Errorf("message %d did not return: %w", nth, err)
		}
		if !bytes.Equal(buffer[:length], message) || from.String() != peer.String() {
			return fmt.Errorf("message %d returned as %d bytes from %v", nth, length, from)
		}
	}
	return nil
}
