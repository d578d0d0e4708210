package rescue

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/finding"
)

// limits holds what the servers need from the database.
type limits struct{ conns, replicas int }

// examineMySQL judges the server by its variables.
func examineMySQL(ctx context.Context, conn *sql.Conn, need limits, found *finding.List) {
	global, err := variables(ctx, conn, "SHOW GLOBAL VARIABLES")
	if err != nil {
		found.Fault("database settings", "see what the database says", "they cannot be read: %s", err)
		return
	}
	session, err := variables(ctx, conn, "SHOW SESSION VARIABLES")
	if err != nil {
		found.Fault("database settings", "see what the database says", "they cannot be read: %s", err)
		return
	}
	mysqlVersion(global, found)
	mysqlWritable(global, found)
	mysqlConnections(global, need, found)
	mysqlPatience(global, found)
	mysqlSession(session, found)
	mysqlDurable(global, found)
	semiSync(ctx, conn, global, found)
	mysqlTexts(ctx, conn, found)
	mysqlEngines(ctx, conn, global, found)
}

// variables returns variables by their names in lower case.
func variables(ctx context.Context, conn *sql.Conn, query string) (map[string]string, error) {
	answer, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Close() }() // answer.Err reports errors
	all := map[string]string{}
	for answer.Next() {
		var name string
		var value sql.NullString
		if err := answer.Scan(&name, &value); err != nil {
			return nil, err
		}
		all[strings.ToLower(name)] = value.String
	}
	return all, answer.Err()
}

// mysqlVersion accepts the two kinds of server on which the tests run.
func mysqlVersion(global map[string]string, found *finding.List) {
	version, flavour := global["version"], "MySQL"
	least := [2]int{8, 0}
	if strings.Contains(strings.ToLower(version+global["version_comment"]), "mariadb") {
		flavour, least = "MariaDB", [2]int{10, 6}
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || major < least[0] || major == least[0] && minor < least[1] {
		found.Fault("database version", fmt.Sprintf("use MySQL 8.0, MariaDB 10.6 or newer; this looks like %s", flavour), "%s", version)
		return
	}
	found.OK("database version", "%s %s", flavour, version)
}

func on(value string) bool { return value == "ON" || value == "1" }

func mysqlWritable(global map[string]string, found *finding.List) {
	for _, name := range []string{"read_only", "super_read_only", "innodb_read_only"} {
		value := global[name]
		if on(value) || value != "" && value != "OFF" && value != "0" { // MariaDB 12 has more values than ON
			found.Fault("database writable", "connect to the primary, or: SET GLOBAL "+name+" = OFF", "%s is %s: nothing can be written", name, value)
			return
		}
	}
	found.OK("database writable", "read_only is off")
}

// spare is the number of connections left for the administrators of the server.
const spare = 5

func mysqlConnections(global map[string]string, need limits, found *finding.List) {
	most, err := strconv.Atoi(global["max_connections"])
	if err != nil {
		return
	}
	if own, err := strconv.Atoi(global["max_user_connections"]); err == nil && own > 0 {
		most = min(most, own+spare)
	}
	wanted := need.conns*need.replicas + spare
	if most < wanted {
		found.Fault("database connections", fmt.Sprintf("set max_connections to at least %d, or GATEHOUSE_DATABASE_CONNECTIONS lower", wanted),
			"it allows %d, and %d replicas with %d connections each need %d", most, need.replicas, need.conns, wanted)
		return
	}
	found.OK("database connections", "it allows %d: enough for %d replicas with %d each", most, (most-spare)/need.conns, need.conns)
}

// mysqlPatience checks that the server does not block our host. While the server hangs,
// we give up on one connection after another. The server counts these as errors of the
// host, unless skip_name_resolve is on. When it recovers, it may refuse the host with
// error 1129 until FLUSH HOSTS is run.
func mysqlPatience(global map[string]string, found *finding.List) {
	const enough = 10000 // given up in some hours
	errors, err := strconv.ParseUint(global["max_connect_errors"], 10, 64)
	if err != nil {
		return
	}
	found.Judge(on(global["skip_name_resolve"]) || errors >= enough, "database host blocking",
		"SET GLOBAL max_connect_errors = 1000000, or start it with skip_name_resolve: otherwise a database that has hung for some minutes may refuse this host until FLUSH HOSTS",
		"skip_name_resolve is %s, max_connect_errors is %d", global["skip_name_resolve"], errors)
}

// mysqlSession checks that our settings for each connection have arrived: a proxy in
// between may mix connections up.
func mysqlSession(session map[string]string, found *finding.List) {
	const proxy = "something between this machine and the database does not pass on the settings of a connection; connect directly, or make it keep connections apart"
	mode := session["sql_mode"]
	if !strings.Contains(mode, "STRICT_ALL_TABLES") {
		found.Fault("database sql_mode", proxy, "%q is not strict: values that do not fit would be cut", mode)
	} else {
		found.OK("database sql_mode", "strict for our connections")
	}
	isolation := session["transaction_isolation"] + session["tx_isolation"]
	if !strings.HasPrefix(isolation, "READ-COMMITTED") {
		found.Fault("database isolation", proxy, "%s, not READ-COMMITTED", isolation)
	} else {
		found.OK("database isolation", "READ-COMMITTED for our connections")
	}
}

func mysqlDurable(global map[string]string, found *finding.List) {
	flush := global["innodb_flush_log_at_trx_commit"]
	found.Judge(flush == "1", "database durability", "SET GLOBAL innodb_flush_log_at_trx_commit = 1: otherwise a power cut loses acknowledged changes, revocations among them",
		"innodb_flush_log_at_trx_commit is %s", flush)
	if on(global["log_bin"]) {
		found.Judge(global["sync_binlog"] == "1", "database binary log", "SET GLOBAL sync_binlog = 1: otherwise a power cut makes replicas of the database differ", "sync_binlog is %s", global["sync_binlog"])
	}
}

// semiSync checks semi-synchronous replication. If its replica does not answer in time,
// a primary continues without it, and does not say so.
func semiSync(ctx context.Context, conn *sql.Conn, global map[string]string, found *finding.List) {
	if !on(global["rpl_semi_sync_master_enabled"]) && !on(global["rpl_semi_sync_source_enabled"]) {
		return
	}
	status, err := variables(ctx, conn, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync%'")
	if err != nil {
		found.Warn("database replication", "see what the database says", "its state cannot be read: %s", err)
		return
	}
	working := on(status["rpl_semi_sync_master_status"]) || on(status["rpl_semi_sync_source_status"])
	nobody := status["rpl_semi_sync_master_clients"]+status["rpl_semi_sync_source_clients"] == "0"
	said := "works"
	switch {
	case nobody:
		said = "no replica takes part in it"
	case !working:
		said = "has fallen back to asynchronous"
	}
	found.Judge(working && !nobody, "database replication", "check the replicas of the database: a fail-over now would lose acknowledged changes",
		"semi-synchronous replication is enabled and %s", said)
}

// mysqlTexts checks how texts are compared. Our tables name their collation, so the
// database's default affects only tables that others make. A table that was changed, or
// loaded from a dump without the collation, may treat two names as one.
func mysqlTexts(ctx context.Context, conn *sql.Conn, found *finding.List) {
	var name, charset, collation string
	err := conn.QueryRowContext(ctx, "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"+
		" FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()").Scan(&name, &charset, &collation)
	if err != nil {
		found.Warn("database character set", "see what the database says", "it cannot be read: %s", err)
		return
	}
	found.Judge(charset == "utf8mb4", "database character set", "ALTER DATABASE `"+name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "%s, %s", charset, collation)
	var wrong sql.NullString
	err = conn.QueryRowContext(ctx, "SELECT GROUP_CONCAT(CONCAT(TABLE_NAME, '.', COLUMN_NAME, ' (', COLLATION_NAME, ')') ORDER BY 1 SEPARATOR ', ')"+
		" FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL AND COLLATION_NAME <> 'utf8mb4_bin'"+
		" AND TABLE_NAME IN ("+ourTables+")").Scan(&wrong)
	switch {
	case err != nil:
		found.Warn("database collation", "see what the database says", "it cannot be read: %s", err)
	case wrong.String != "":
		found.Fault("database collation", "for each table: ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "texts are not compared byte by byte, so that two names may count as one: %s", wrong.String)
	default:
		found.OK("database collation", "texts are compared byte by byte")
	}
}

// ourTables lists our tables that hold texts.
const ourTables = "'users', 'user_counts', 'sessions', 'clients', 'signing_keys', 'audit_events', 'audit_log', 'revoked_tokens', 'auth_codes'," +
	" 'browser_sessions', 'consents', 'pushed_requests', 'device_grants', 'logout_notices', 'data_keys', 'mails', 'links', 'ring_keys'"

func mysqlEngines(ctx context.Context, conn *sql.Conn, global map[string]string, found *finding.List) {
	var others sql.NullString
	err := conn.QueryRowContext(ctx, "SELECT GROUP_CONCAT(TABLE_NAME SEPARATOR ', ') FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND ENGINE <> 'InnoDB' AND TABLE_NAME IN ("+ourTables+")").Scan(&others)
	engine := global["default_storage_engine"]
	switch {
	case err != nil:
		found.Warn("database engine", "see what the database says", "it cannot be read: %s", err)
	case others.String != "":
		found.Fault("database engine", "for each: ALTER TABLE … ENGINE = InnoDB", "these tables have no transactions: %s", others.String)
	default:
		found.Judge(engine == "InnoDB", "database engine", "set default_storage_engine to InnoDB: the table of migrations uses the default", "the default is %s", engine)
	}
}
