// Command reflect asks a server on a Unix socket what it serves, by gRPC server reflection alone: it builds every file it
// is given, and calls RPCs of which it knows nothing else. It prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type report struct {
	Services []string          `json:"services"`
	Alpha    []string          `json:"alpha"`
	Methods  int               `json:"methods"`
	Answers  map[string]string `json:"answers"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(socket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority("localhost"))
	if err != nil {
		return err
	}
	defer conn.Close()
	result := report{Answers: map[string]string{}}
	if result.Alpha, err = listAlpha(ctx, conn); err != nil {
		return fmt.Errorf("v1alpha: %w", err)
	}
	files, services, err := fetch(ctx, conn)
	if err != nil {
		return err
	}
	result.Services = services
	registry, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		return fmt.Errorf("files do not hold together: %w", err)
	}
	for _, name := range services {
		service, err := find(registry, name)
		if err != nil {
			return err
		}
		result.Methods += service.Methods().Len()
	}
	for _, call := range [][3]string{
		{"grpc.health.v1.Health", "List", `{}`},
		{"spire.api.server.logger.v1.Logger", "SetLogLevel", `{"newLevel":"WARN"}`},
		{"spire.api.server.entry.v1.Entry", "CountEntries", `{"filter":{"byDownstream":true}}`},
		{"spire.api.server.entry.v1.Entry", "BatchCreateEntry", `{"entries":[{"id":"r","spiffeId":{"trustDomain":"example.org","path":"/r"},"parentId":{"trustDomain":"example.org","path":"/n"},"selectors":[{"type":"a","value":"b"}],"additionalAttributes":{"disableX509SvidPrefetch":true}}]}`},
	} {
		answer, err := invoke(ctx, conn, registry, call)
		if err != nil {
			return fmt.Errorf("%s: %w", call[1], err)
		}
		result.Answers[call[1]] = answer
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func fetch(ctx context.Context, conn *grpc.ClientConn) ([]*descriptorpb.FileDescriptorProto, []string, error) {
	stream, err := v1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, nil, err
	}
	ask := func(request *v1.ServerReflectionRequest) (*v1.ServerReflectionResponse, error) {
		if err := stream.Send(request); err != nil {
			return nil, err
		}
		return stream.Recv()
	}
	list, err := ask(&v1.ServerReflectionRequest{MessageRequest: &v1.ServerReflectionRequest_ListServices{ListServices: "*"}})
	if err != nil {
		return nil, nil, err
	}
	var services []string
	files := map[string]*descriptorpb.FileDescriptorProto{}
	for _, service := range list.GetListServicesResponse().GetService() {
		services = append(services, service.GetName())
		answer, err := ask(&v1.ServerReflectionRequest{MessageRequest: &v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.GetName()}})
		if err != nil {
			return nil, nil, err
		}
		for _, bytes := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
			file := &descriptorpb.FileDescriptorProto{}
			if err := proto.Unmarshal(bytes, file); err != nil {
				return nil, nil, err
			}
			files[file.GetName()] = file
		}
	}
	var all []*descriptorpb.FileDescriptorProto
	for _, file := range files {
		all = append(all, file)
	}
	sort.Strings(services)
	return all, services, stream.CloseSend()
}

func listAlpha(ctx context.Context, conn *grpc.ClientConn) ([]string, error) {
	stream, err := v1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(&v1alpha.ServerReflectionRequest{MessageRequest: &v1alpha.ServerReflectionRequest_ListServices{ListServices: "*"}}); err != nil {
		return nil, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, service := range answer.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	sort.Strings(names)
	return names, stream.CloseSend()
}

func find(registry *protoregistry.Files, name string) (protoreflect.ServiceDescriptor, error) {
	found, err := registry.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", name)
	}
	return service, nil
}

func invoke(ctx context.Context, conn *grpc.ClientConn, registry *protoregistry.Files, call [3]string) (string, error) {
	service, err := find(registry, call[0])
	if err != nil {
		return "", err
	}
	method := service.Methods().ByName(protoreflect.Name(call[1]))
	request, response := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	if err := protojson.Unmarshal([]byte(call[2]), request); err != nil {
		return "", err
	}
	if err := conn.Invoke(ctx, "/"+call[0]+"/"+call[1], request, response); err != nil {
		return "", err
	}
	return protojson.MarshalOptions{UseProtoNames: true}.Format(response), nil
}
