package sqlstore
import ("testing";"syscall";"time";"os";"gatehouse/store";"gorm.io/gorm";"strings")
func cpu() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()+r.Stime.Nano()) }
func TestZZ(t *testing.T){
	for _,dsn:=range []string{"sqlite:"+t.TempDir()+"/x.db", os.Getenv("ZZ")+"/gatehouse_zz"} {
	db,err:=Open(t.Context(),Options{DSN:dsn}); if err!=nil{t.Fatal(err)}
	if err:=db.Migrate(t.Context());err!=nil{t.Fatal(err)}
	id:=time.Now().Format("150405.000000")
	err=db.Write(t.Context(),func(tx store.Tx)error{ u,err:=tx.CreateUser(store.User{Sub:id,UsernameKey:id,EmailKey:id,Role:"user",Active:true,PasswordHash:strings.Repeat("x",97)}); if err!=nil{return err}
	 return tx.CreateSession(store.Session{ID:id,UserID:u,ExpiresAt:time.Now().Add(time.Hour),Scope:"openid profile email",AuthTime:time.Now(),UserAgent:strings.Repeat("x",90)})})
	if err!=nil{t.Fatal(err)}
	measure:=func(name string,n int,f func()error){
		for range 20 { if err:=f();err!=nil{t.Fatal(err)} }
		c:=cpu(); s:=time.Now(); for range n { if err:=f();err!=nil{t.Fatal(err)} }
		t.Logf("%s %-30s wall %v cpu %v",dsn[:6],name,time.Since(s)/time.Duration(n),(cpu()-c)/time.Duration(n)) }
	N:=8000
	measure("SessionWithUser",N,func()error{_,_,err:=db.SessionWithUser(t.Context(),id);return err})
	plain,prep:=db.reader, db.reader.Session(&gorm.Session{PrepareStmt:true})
	if db.dialect.name=="sqlite" { sq,_:=db.reader.DB(); _=sq }
	db.reader=prep
	measure("SessionWithUser prepared",N,func()error{_,_,err:=db.SessionWithUser(t.Context(),id);return err})
	db.reader=plain
	sqldb,_:=db.reader.DB()
	q:="SELECT "+sessionColumns+", "+userColumns+" FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?"
	st,err:=sqldb.Prepare(q); if err!=nil{t.Fatal(err)}
	measure("sql.Stmt",N,func()error{ var s sessionScan; var u userScan; r,err:=st.QueryContext(t.Context(),id); if err!=nil{return err}; defer r.Close(); r.Next(); return r.Scan(append(s.dest(), u.dest()...)...)})
	measure("sql.DB interp",N,func()error{ var s sessionScan; var u userScan; r,err:=sqldb.QueryContext(t.Context(),q,id); if err!=nil{return err}; defer r.Close(); r.Next(); return r.Scan(append(s.dest(), u.dest()...)...)})
	measure("ClientByID none",N,func()error{_,err:=db.ClientByID(t.Context(),"x");return found(err)})
	measure("Audit",2000,func()error{return db.Audit(t.Context(),store.AuditEvent{Kind:"x"})})
	}
}
func found(err error) error { if err==store.ErrNotFound {return nil}; return err }
