package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/config"
	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	// suggestions is how many values from the database are offered at most.
	suggestions = 100
	// completionTimeout is how long somebody who pressed Tab waits for the database.
	completionTimeout = time.Second
)

// A completer returns values that begin with prefix, or more. The database is nil if it
// does not answer; args are the arguments so far.
type completer func(ctx context.Context, db *sqlstore.DB, args []string, prefix string) []string

// ofArgument has the completer of each placeholder for an argument, after the name of the
// group if the placeholder means something else there.
var ofArgument = map[string]completer{"NAME": usernames, "ROLE": oneOf(roles()), "ID": clientIDs, "api ID": apiIDs, "KID": keyIDs}

// ofFlag has the completers of flags that are neither settings nor attributes of an app.
var ofFlag = map[string]completer{
	"role": oneOf(roles()), "kind": oneOf(audit.KindNames()), "actor": parties(actors.words), "subject": parties(subjects.words), "end": sessionIDs,
	"alg":           oneOf(store.SigningAlgorithms()),
	"listed-client": clientIDs, "introspection-client": clientIDs,
}

// addCompletions makes the shell complete the values of arguments and flags.
func (c *cli) addCompletions(cmd *cobra.Command) {
	if !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = c.completesArguments(strings.Fields(cmd.Use)[1:])
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { // its own; cobra adds those of all commands later
		if name, _ := pflag.UnquoteUsage(f); name == "file" || f.Value.Type() == "bool" {
			return // the shell completes the names of files
		}
		find := ofFlag[f.Name]
		if find == nil {
			find = choices(cmd, f.Name)
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, c.completes(find)) // it fails only for a flag that does not exist
	})
	for _, sub := range cmd.Commands() {
		c.addCompletions(sub)
	}
}

// addSettingCompletions does it for the settings, which are flags of every command.
func (c *cli) addSettingCompletions(root *cobra.Command) {
	for _, s := range config.Settings() {
		if known := s.Choices(); s.Flag != "" && len(known) > 0 {
			_ = root.RegisterFlagCompletionFunc(s.Flag, c.completes(oneOf(known))) // as above
		}
	}
}

// showSettings makes the shell complete the names of settings after serve. After other
// commands they would drown the command's own flags.
func showSettings(root *cobra.Command, args []string) {
	if len(args) < 2 || !strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) || args[1] != "serve" {
		return
	}
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { f.Hidden = false })
}

// choices completes a flag by the words that its attribute accepts. They are looked up when
// somebody presses Tab, not whenever a command starts.
func choices(cmd *cobra.Command, flag string) completer {
	return func(ctx context.Context, db *sqlstore.DB, args []string, prefix string) []string {
		return oneOf(choicesOf(cmd, attributeOf(cmd, flag)))(ctx, db, args, prefix)
	}
}

// attributeOf returns the attribute that a flag of a command sets; empty if there is none.
func attributeOf(cmd *cobra.Command, flag string) string {
	for _, a := range attributesOf(cmd) {
		if a.flag == flag {
			return a.name
		}
	}
	return ""
}

func (c *cli) completesArguments(placeholders []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(placeholders) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if placeholders[len(args)] == "FILE" {
			return nil, cobra.ShellCompDirectiveDefault
		}
		placeholder := placeholders[len(args)]
		if isAbout(cmd, "api") {
			placeholder = "api " + placeholder
		}
		return c.completes(ofArgument[placeholder])(cmd, args, prefix)
	}
}

func (c *cli) completes(find completer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if find == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		db := c.look(ctx)
		if db != nil {
			defer func() { _ = db.Close() }() // only read
		}
		found := find(ctx, db, args, prefix)
		return slices.DeleteFunc(found, func(value string) bool { return !strings.HasPrefix(strings.ToLower(value), strings.ToLower(prefix)) }), cobra.ShellCompDirectiveNoFileComp
	}
}

// look opens the database to read from it. It returns nil if it cannot, and says nothing:
// somebody is typing.
func (c *cli) look(ctx context.Context) *sqlstore.DB {
	cfg, err := c.load()
	if err != nil || isThere(cfg) != nil {
		return nil
	}
	db, err := sqlstore.Open(ctx, sqlstore.Options{DSN: cfg.Database.Reveal(), Now: now, Log: slog.New(slog.DiscardHandler), MaxConns: 1, Timeout: completionTimeout, ReadOnly: true})
	if err != nil {
		return nil
	}
	return db
}

func oneOf(known []string) completer {
	return func(_ context.Context, _ *sqlstore.DB, _ []string, prefix string) []string {
		before := prefix[:strings.LastIndexByte(prefix, ' ')+1] // of a list such as "openid email"
		var all []string
		for _, value := range known {
			if value != "" {
				all = append(all, before+value)
			}
		}
		return all
	}
}

func usernames(ctx context.Context, db *sqlstore.DB, _ []string, prefix string) (found []string) {
	if db == nil {
		return nil
	}
	page, err := db.ListUsers(ctx, store.UserQuery{Search: strings.Fields(names.Fold(prefix)), OrderBy: store.ByID, Limit: suggestions})
	if err != nil {
		return nil
	}
	for _, u := range page.Users {
		found = append(found, u.Username)
	}
	return found
}

func clientIDs(ctx context.Context, db *sqlstore.DB, _ []string, prefix string) (found []string) {
	if db == nil {
		return nil
	}
	if c, err := db.ClientByID(ctx, prefix); err == nil {
		found = append(found, c.ID) // the list begins after it
	}
	clients, err := db.ListClients(ctx, prefix, suggestions)
	if err != nil {
		return nil
	}
	for _, c := range clients {
		found = append(found, c.ID)
	}
	return found
}

func apiIDs(ctx context.Context, db *sqlstore.DB, _ []string, prefix string) []string {
	if db == nil {
		return nil
	}
	all, err := (&apis.Service{DB: db}).All(ctx)
	if err != nil {
		return nil
	}
	var found []string
	for _, a := range all {
		if strings.HasPrefix(a.ID, prefix) && len(found) < suggestions {
			found = append(found, a.ID)
		}
	}
	return found
}

func keyIDs(ctx context.Context, db *sqlstore.DB, _ []string, _ string) (found []string) {
	if db == nil {
		return nil
	}
	known, err := db.SigningKeys(ctx)
	if err != nil {
		return nil
	}
	for _, k := range known {
		if k.RetiredAt.IsZero() {
			found = append(found, k.ID)
		}
	}
	return found
}

func sessionIDs(ctx context.Context, db *sqlstore.DB, args []string, _ string) (found []string) {
	if db == nil || len(args) == 0 {
		return nil
	}
	u, err := db.UserByName(ctx, names.Lookup(args[0]))
	if err != nil {
		return nil
	}
	living, err := db.ListSessions(ctx, u.ID, now())
	if err != nil {
		return nil
	}
	for _, s := range living[:min(len(living), suggestions)] {
		found = append(found, s.ID)
	}
	return found
}

// parties completes what --actor and --subject of the audit log take.
func parties(words []string) completer {
	return func(ctx context.Context, db *sqlstore.DB, args []string, prefix string) []string {
		return slices.Concat(words, usernames(ctx, db, args, prefix), clientIDs(ctx, db, args, prefix))
	}
}
